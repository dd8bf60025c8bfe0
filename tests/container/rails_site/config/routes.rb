class GreetingsController < ActionController::Base
  def show
    render plain: "#{Rails.application.credentials.greeting!}, edition #{ENV.fetch("EDITION")}, " \
                  "#{ActiveRecord::Base.connection.select_value("SELECT count(*) FROM orders")} orders"
  end
end

Rails.application.routes.draw do
  get "/up", to: "greetings#show"
end
